// What vitest runs in each of its processes before the tests.
import { keepInherited } from './close-on-exec.ts';

keepInherited();
