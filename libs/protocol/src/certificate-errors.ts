/** Codes of a TLS connection whose server could not show that it is the one asked for. */
const codes: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
];

/** Is it a certificate that nobody signed whom Node knows? */
export function isUnknownIssuer(code: unknown): boolean {
  return typeof code === 'string' && codes.includes(code);
}

/** Is it the certificate of another host, or one that is out of date? */
export function isUnfitCertificate(code: unknown): boolean {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID';
}
