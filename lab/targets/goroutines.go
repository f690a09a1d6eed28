// Goroutines, channels, timers, garbage collections and a loop that is only ever left by force go on.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type result struct {
	n int
	s string
}

func work(n int) string {
	counts := map[string]int{}
	for i := 0; i < 3000; i++ {
		counts[fmt.Sprint((i*n)%1009)] += i
	}
	lines := make([]string, 0, len(counts))
	for k, v := range counts {
		lines = append(lines, fmt.Sprintf("%s=%d", k, v))
	}
	sort.Strings(lines)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, ","))))[:16]
}

var sink uint64

// Calls nothing: the runtime stops it by a signal to its thread, for each collection of garbage too.
func spin() {
	for x := uint64(1); x != 0; sink = x {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("ready")
	in, out := make(chan int), make(chan result, 8)
	var workers sync.WaitGroup
	for w := 0; w < 50; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range in {
				s := work(n)
				time.Sleep(time.Millisecond)
				out <- result{n, s}
			}
		}()
	}
	go func() {
		for n := 0; n < rounds; n++ {
			in <- n
		}
		close(in)
		workers.Wait()
		close(out)
	}()
	go spin()
	tick := time.NewTicker(5 * time.Millisecond)
	got, next, ticks := map[int]string{}, 0, 0
	for open := true; open; {
		select {
		case r, more := <-out:
			if open = more; !more {
				break
			}
			got[r.n] = r.s
			for s, have := got[next]; have; s, have = got[next] {
				fmt.Println(next, s)
				delete(got, next)
				next++
				if next%500 == 0 {
					runtime.GC()
				}
			}
		case <-tick.C:
			ticks++
		}
	}
	if next != rounds || ticks == 0 {
		os.Exit(3)
	}
	fmt.Println("ok")
	os.Exit(7)
}
