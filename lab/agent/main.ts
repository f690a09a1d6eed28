/**
 * The lab's agent: hands where a container or a virtual machine runs programs, for a lab elsewhere. Requests come on
 * standard input, answers go to standard output; when there is no more input, all that it started has ended, and it ends.
 * Its argument is whom the processes it starts belong to.
 */
import { Compiler } from '../compile.ts';
import { LocalHands } from './local-hands.ts';
import { serve } from './serve.ts';

const interruption = new AbortController();
process.stdin.once('end', () => interruption.abort());
const hands = new LocalHands(await Compiler.find(), process.argv[2] ?? '', interruption.signal);
await serve(hands, process.stdin, process.stdout);
process.exit(0);
