// Every result of this process takes longer, by the milliseconds in a file that the chaos test writes. The tiny model's
// steps would be over before most faults have struck.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeResult } from './result-writes.js';

const paceFile = process.env['CHAOS_PACE']!;

beforeResult(() => delay(Number(readFileSync(paceFile, 'utf8'))));
