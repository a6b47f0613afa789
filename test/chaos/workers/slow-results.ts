// Every result of this process takes this much longer, as one of a larger model does. The tiny model's steps would be
// over before most faults have struck.
import { setTimeout as delay } from 'node:timers/promises';
import { beforeResult } from './result-writes.js';

const resultMs = 25;

beforeResult(() => delay(resultMs));
