# What `npm run demo` freezes of bash, which reads this file piece by piece while it runs: arrays, strings, a trap, a file.
declare -A seen=()
declare -i state=7 trapped=0 part=0 step=0
printf -v text "%60s" ""
trap 'trapped+=1' USR1
exec 3> words.log

for ((part = 1; part <= 30; part++)); do
  for ((step = 0; step < 7000; step++)); do
    state='(state * 1103515245 + 12345) % 2147483648'
    word="w$((state / 65536 % 499))"
    seen[$word]+=$((state % 7))
    text="${text:1:59}${word:1:1}"
  done
  kill -USR1 "$BASHPID" # not $$, which stays what it was when bash started
  printf '%d %s\n' "$part" "$word" >&3
  printf 'part %d: %d words, the last %s, %d trapped, %s\n' "$part" "${#seen[@]}" "$word" "$trapped" "$text"
done
exec 3>&-
exit 9
