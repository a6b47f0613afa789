import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Where the certificate of the API and its key are, in PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** How often the files are looked at. */
const lookMs = 5000;

/** Throws CONFIG_INVALID if the files cannot be read, or the key is not that of the certificate. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `TLS: expected a certificate in ${files.cert} (TANDEM_TLS_CERT) and its key in ${files.key} ` +
        `(TANDEM_TLS_KEY), in PEM, got ${(cause as Error).message}`,
      help: 'The file of the certificate has those that sign it after it, and the key has no passphrase.',
      cause,
    });
  }
}

/**
 * Has a server use what is in the files as soon as that changes. New connections get the new certificate. A pair that
 * does not fit, as while somebody writes it, is logged and leaves the one before in use. Returns what ends this.
 */
export function followCertificate(
  files: CertificateFiles,
  first: Certificate,
  server: Server,
  log: Logger,
): () => void {
  let [used, failure] = [first, ''];
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(files);
      failure = '';
      if ((found.cert === used.cert && found.key === used.key) || !(server instanceof TlsServer)) return;
      server.setSecureContext(found);
      used = found;
      log.info({ cert: files.cert }, 'The certificate of the API was changed');
    } catch (error) {
      const { message } = error as Error;
      if (message !== failure) log.error({ error: message }, 'The certificate of the API stays as it was');
      failure = message;
    }
  };
  const timer = setInterval(() => void look(), lookMs).unref();
  return () => clearInterval(timer);
}
