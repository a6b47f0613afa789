import { LRUCache } from 'lru-cache';
import robotsParserModule from 'robots-parser';
import { TandemError } from '#protocol/tandem-error.js';
import { lasting, passing } from './web-failure.js';
import type { WebClient } from './web-client.js';

/** What sites allow in their robots.txt. */
export interface RobotsRules {
  /** Throws a web failure where the site does not allow the URL, or cannot be asked now. */
  check(url: URL): Promise<void>;
}

type Rules = { readonly kind: 'rules'; isAllowed(url: string): boolean } | { readonly kind: 'failed'; what: string };

// The package's types name a default export; what it exports is the function itself.
const robotsParser = robotsParserModule as unknown as typeof robotsParserModule.default;

const originsMax = 20_000;
const failedMs = 60_000;
/** Source: RFC 9309, section 2.5. */
const robotsBytesMax = 500 * 2 ** 10;

/**
 * Asks each site once for its robots.txt. A site that has none (status 4xx) allows everything, one that does not answer
 * nothing for now. Source: RFC 9309, section 2.3.
 */
export function robotsRules(client: WebClient, agentToken: string, signal: AbortSignal): RobotsRules {
  const rules = new LRUCache<string, Promise<Rules>>({ max: originsMax });
  const asked = (origin: string): Promise<Rules> => {
    const before = rules.get(origin);
    if (before) return before;
    const answer = rulesOf(client, origin, agentToken, signal);
    rules.set(origin, answer);
    void answer.then(
      ({ kind }) => kind === 'failed' && rules.set(origin, answer, { ttl: failedMs }),
      () => rules.delete(origin),
    );
    return answer;
  };
  return {
    async check(url) {
      const found = await asked(url.origin);
      if (found.kind === 'failed') throw passing(`The site's robots.txt cannot be read now: ${found.what}`);
      if (!found.isAllowed(url.href)) throw lasting(`The site's robots.txt does not allow it (--ignore-robots)`);
    },
  };
}

async function rulesOf(client: WebClient, origin: string, agentToken: string, signal: AbortSignal): Promise<Rules> {
  const url = `${origin}/robots.txt`;
  try {
    const { body } = await client.get(url, { accept: 'text/plain, */*', bytesMax: robotsBytesMax, signal });
    const robots = robotsParser(url, body.toString('utf8'));
    return { kind: 'rules', isAllowed: (one) => robots.isAllowed(one, agentToken) ?? true };
  } catch (thrown) {
    if (!(thrown instanceof TandemError) || signal.aborted) throw thrown;
    if (thrown.retryable) return { kind: 'failed', what: thrown.message };
    return { kind: 'rules', isAllowed: () => true };
  }
}
