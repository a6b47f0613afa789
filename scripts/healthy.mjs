// Ends with 0 if the address answers with 2xx within four seconds, with 1 if not. It is the health check of containers,
// which have neither curl nor wget. Whose certificate it is does not matter here: nothing is sent.
import { get as getPlain } from 'node:http';
import { get as getEncrypted } from 'node:https';

const [given = ''] = process.argv.slice(2);
const url = process.env.TANDEM_TLS_CERT ? given.replace(/^http:/, 'https:') : given;
const get = url.startsWith('https:') ? getEncrypted : getPlain;
const answer = await new Promise((resolve) => {
  get(url, { rejectUnauthorized: false, signal: AbortSignal.timeout(4000) }, resolve).on('error', resolve);
});
if (answer.statusCode >= 200 && answer.statusCode < 300) process.exit(0);
console.error(`${url}: ${answer.statusCode ?? answer.message}`);
process.exit(1);
