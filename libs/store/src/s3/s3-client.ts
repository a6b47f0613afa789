import { createHash } from 'node:crypto';
import type { S3, S3ClientConfig } from '@aws-sdk/client-s3';
import { contentHash } from '../content-hash.js';
import type { S3Access, S3Location } from './s3-location.js';

const connectTimeoutMs = 10_000;
/** A connection on which nothing moves for so long is given up. */
const idleTimeoutMs = 60_000;
/** Tries of one request, with the SDK's growing pauses between. */
const requestAttempts = 5;

/** The SDK is loaded at the first request: it takes a third of a second that a `file:` store need not pay. */
export async function openS3Client(location: S3Location, access: S3Access): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3');
  const { accessKeyId, secretAccessKey, sessionToken, ca } = access;
  const isAws = location.endpoint === undefined;
  const region = location.region ?? (isAws ? undefined : 'us-east-1');
  const settings: S3ClientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(isAws ? {} : { endpoint: location.endpoint }),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
    forcePathStyle: location.forcePathStyle,
    // AWS adds CRC32 to every request; many other servers refuse or, worse, store the framing it comes in.
    ...(isAws ? {} : { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
    maxAttempts: requestAttempts,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      // The agent that the SDK makes by itself, but for the certificates.
      ...(ca === undefined ? {} : { httpsAgent: { ca, keepAlive: true, maxSockets: 50 } }),
    },
  };
  const s3 = withoutWarnings(() => new sdk.S3(settings));
  if (!isAws) addContentMd5(s3);
  addPayloadHash(s3);
  return s3;
}

/** Servers that know nothing of CRC32 insist on MD5 where S3 demands a checksum: in DeleteObjects. */
function addContentMd5(s3: S3): void {
  s3.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { request } = args as { request: { headers: Record<string, string>; body?: unknown } };
        if (commandName === 'DeleteObjectsCommand' && typeof request.body === 'string') {
          request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
        }
        return next(args);
      },
    { step: 'build', name: 'contentMd5' },
  );
}

/**
 * The SDK hashes a body when it signs the request, in one go and again at every try: seconds for the journal of a large
 * model. A hash that is there already is taken.
 */
function addPayloadHash(s3: S3): void {
  s3.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args as { request: { headers: Record<string, string>; body?: unknown } };
      if (request.body instanceof Uint8Array) request.headers['x-amz-content-sha256'] = await contentHash(request.body);
      return next(args);
    },
    { step: 'build', name: 'payloadHash' },
  );
}

/**
 * The SDK's constructor prints a paragraph about Node 22 into every log; which Node Tandem needs is in package.json.
 */
function withoutWarnings<Result>(construct: () => Result): Result {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return construct();
  } finally {
    process.emitWarning = emitWarning;
  }
}
