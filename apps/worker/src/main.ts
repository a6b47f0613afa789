import { refuseFewOpenFiles } from '#protocol/open-files.js';

refuseFewOpenFiles('The worker', 256);
await import('./worker-process.js');
