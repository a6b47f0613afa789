#!/usr/bin/env node
import { refuseFewOpenFiles } from '#protocol/open-files.js';

refuseFewOpenFiles('tandem', 256);
await import('./command-process.js');
