import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1 that signs itself, and its key, made by openssl as files in a directory. */
export function makeCertificate(directory: string, name = 'certificate'): TestCertificate {
  const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}-key.pem`)];
  const files = ['-keyout', key, '-out', cert, '-days', '2'];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'ignore' });
  return { cert, key };
}
