// Ends with 0 if the address answers with 2xx within four seconds, with 1 if not. It is the health check of containers,
// which have neither curl nor wget.
const [url = ''] = process.argv.slice(2);
const answer = await fetch(url, { signal: AbortSignal.timeout(4000) }).catch((error) => error);
if (answer.ok) process.exit(0);
console.error(`${url}: ${answer.status ?? answer.cause?.message ?? answer.message}`);
process.exit(1);
