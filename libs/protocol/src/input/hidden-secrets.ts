/**
 * A text in which the credentials of URLs are hidden: a user and password before the host, and secrets in a query. A
 * user stays whose password is hidden already.
 */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)(?![\w.-]*:\*{3}@)[^\s/?#"'@]*(?:@[^\s/?#"'@]*)*@/gi, '$1***@')
    .replaceAll(/([?&][\w-]*(?:key|password|secret|signature|token)[\w-]*=)[^\s&#"']*/gi, '$1***');
}

/**
 * Hides the given secrets wherever they stand in a text, and the credentials of URLs. What is shorter than eight
 * characters is no secret that could be told from other words.
 */
export function openSecretFilter(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets.flatMap(formsOf).filter((secret) => secret.length >= 8);
  return (text) => known.reduce((shown, secret) => shown.replaceAll(secret, '***'), withoutSecrets(text));
}

/** A secret as it is, and as it stands in JSON or a URL. Of a URL with a password, the password. */
function formsOf(secret: string | undefined): string[] {
  if (secret === undefined) return [];
  const password = passwordIn(secret) ?? secret;
  return [...new Set([password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)])];
}

/** Also of a URL with several hosts, which URL does not read. Undefined of what is no URL. */
function passwordIn(secret: string): string | undefined {
  if (URL.canParse(secret)) return decoded(new URL(secret).password);
  const [isUrl, password = ''] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^:/?#@]*:([^/?#]*)@)?/i.exec(secret) ?? [];
  return isUrl === undefined ? undefined : decoded(password);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
