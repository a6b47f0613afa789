/** Values of X-Robots-Tag by which a picture is not downloaded. Source: img2dataset's defaults. */
export const disallowedDirectives: readonly string[] = ['noai', 'noimageai', 'noindex', 'noimageindex'];

/**
 * The first directive of `X-Robots-Tag` headers that is among `disallowed`, or undefined. A header may be for one user
 * agent: `X-Robots-Tag: otherbot: noindex, noai` says nothing to others.
 */
export function forbiddingDirective(
  headers: string | readonly string[] | undefined,
  disallowed: readonly string[],
  agentToken: string,
): string | undefined {
  for (const header of typeof headers === 'string' ? [headers] : (headers ?? [])) {
    const [, agent, rest = header] = /^\s*([\w*-]+)\s*:(.*)$/s.exec(header) ?? [];
    // `max-snippet: 20` and its like have a colon too, and forbid nothing.
    if (agent !== undefined && agent !== '*' && agent.toLowerCase() !== agentToken.toLowerCase()) continue;
    const found = rest.split(',').map((one) => one.trim().toLowerCase());
    const forbidding = found.find((one) => disallowed.includes(one));
    if (forbidding !== undefined) return forbidding;
  }
  return undefined;
}
