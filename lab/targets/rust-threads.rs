// Threads of Rust's library with mutexes, condition variables, locks and channels go on.
use std::collections::HashMap;
use std::sync::{mpsc, Arc, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Duration;

fn work(n: u64) -> u64 {
    let mut seen: HashMap<u64, String> = HashMap::new();
    for i in 0..4000u64 {
        seen.entry((i * n) % 1009)
            .or_default()
            .push_str(&i.to_string());
    }
    let mut keys: Vec<_> = seen.into_iter().collect();
    keys.sort();
    keys.iter().fold(n, |h, (k, v)| {
        v.bytes().fold(h.wrapping_mul(31).wrapping_add(*k), |h, b| {
            h.wrapping_mul(131).wrapping_add(b as u64)
        })
    })
}

fn main() {
    let rounds: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    println!("ready");
    let (send, receive) = mpsc::channel();
    let next = Arc::new((Mutex::new(0u64), Condvar::new()));
    let shared = Arc::new(RwLock::new(0u64));
    let threads: Vec<_> = (0..8)
        .map(|me| {
            let (send, next, shared) = (send.clone(), next.clone(), shared.clone());
            thread::Builder::new()
                .name(format!("worker {me}"))
                .spawn(move || {
                    let mut n = me;
                    while n < rounds {
                        let h = work(n);
                        if n % 7 == 0 {
                            thread::sleep(Duration::from_millis(1));
                        }
                        let (turn, told) = &*next;
                        let mut turn = turn.lock().unwrap();
                        while *turn != n {
                            turn = told.wait(turn).unwrap();
                        }
                        *shared.write().unwrap() ^= h;
                        send.send((n, h)).unwrap();
                        *turn += 1;
                        told.notify_all();
                        drop(turn);
                        n += 8;
                    }
                })
                .unwrap()
        })
        .collect();
    drop(send);
    for (n, h) in receive {
        println!("{n} {h:016x}");
    }
    for t in threads {
        t.join().unwrap();
    }
    println!("ok {:016x}", *shared.read().unwrap());
    std::process::exit(7);
}
