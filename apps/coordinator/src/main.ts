import { refuseFewOpenFiles } from '#protocol/open-files.js';

// Its packages are about 500 files; the rest is for connections.
refuseFewOpenFiles('The coordinator', 1024);
await import('./coordinator-process.js');
