import { isUnfitCertificate, isUnknownIssuer } from '#protocol/certificate-errors.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { S3Location } from './s3-location.js';

export type S3Action = 'write' | 'read' | 'list' | 'remove';

/** What the server or the way to it refused, said with the blob's URL and the cure. */
export function s3Error(thrown: unknown, doing: S3Action, url: string, location: S3Location): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const { name, status, message } = facts(thrown);
  if (doing === 'read' && (name === 'NoSuchKey' || name === 'NotFound')) {
    return new TandemError({
      code: ErrorCode.NotFound,
      message: `There is no ${url}.`,
      context: { url },
      cause: thrown,
    });
  }
  const cause =
    (isUnknownIssuer(name) ? unknownIssuer : isUnfitCertificate(name) ? unfitCertificate : undefined) ??
    causes.find(({ names }) => names.includes(name)) ??
    (status === 403 ? denied : status >= 500 ? unwell : undefined);
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message:
      `Cannot ${doing} ${url}: ${cause?.what(location) ?? 'the server refused'} ` +
      `(${[name, status || '', message].filter(Boolean).join(', ')}).`,
    help: cause?.help(location, doing) ?? 'Look the error up in the manual of the S3 server.',
    retryable: cause !== undefined && passing.includes(cause),
    context: { url },
    cause: thrown,
  });
}

/** Status of the answer, 0 where there was none. */
export function statusOf(thrown: unknown): number {
  return facts(thrown).status;
}

/** S3's word for it or, of a connection, its errno. */
export function nameOf(thrown: unknown): string {
  return facts(thrown).name;
}

interface Cause {
  readonly names: readonly string[];
  readonly what: (location: S3Location) => string;
  readonly help: (location: S3Location, doing: S3Action) => string;
}

const permissions: Readonly<Record<S3Action, string>> = {
  write: 's3:PutObject',
  read: 's3:GetObject',
  list: 's3:ListBucket',
  remove: 's3:DeleteObject',
};

const denied: Cause = {
  names: ['AccessDenied', 'Forbidden', 'AllAccessDisabled'],
  what: () => 'these keys are not allowed to',
  help: ({ bucket, prefix }, doing) =>
    `Allow them ${permissions[doing]} (Tandem needs ${Object.values(permissions).join(', ')}) on ` +
    `${[bucket, prefix].filter(Boolean).join('/')}, or use others. AWS says the same of a missing ` +
    'key where s3:ListBucket is not allowed.',
};

const unwell: Cause = {
  names: [
    'SlowDown',
    'ServiceUnavailable',
    'InternalError',
    'RequestTimeout',
    'ThrottlingException',
    'Throttling',
    'TooManyRequestsException',
    'OperationAborted',
    'ConditionalRequestConflict',
    'NoSuchUpload',
    'BlobChanged',
  ],
  what: () => 'the server is not well or too busy',
  help: () => 'Try again later; see the log of the server if it stays so.',
};

const unreachable: Cause = {
  names: [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'TimeoutError',
    'ERR_STREAM_PREMATURE_CLOSE',
  ],
  what: ({ endpoint }) => `${endpoint ?? 'AWS S3'} cannot be reached`,
  help: ({ endpoint }) =>
    endpoint === undefined
      ? 'Check the network and the region; for another server than AWS set TANDEM_S3_ENDPOINT=http://HOST:PORT.'
      : 'Check that the server runs, and the host, port and http or https of the endpoint.',
};

const unknownIssuer: Cause = {
  names: [],
  what: ({ endpoint }) => `nobody whom Node knows has signed the certificate of ${endpoint ?? 'AWS S3'}`,
  help: () => 'Name the file of those who have (PEM) in TANDEM_S3_CA, or in NODE_EXTRA_CA_CERTS.',
};

const unfitCertificate: Cause = {
  names: [],
  what: ({ endpoint }) => `the certificate of ${endpoint ?? 'AWS S3'} is for other hosts or out of date`,
  help: () => 'Use the host that it names in TANDEM_S3_ENDPOINT, or renew it.',
};

const expired: Cause = {
  names: ['ExpiredToken', 'ExpiredTokenException'],
  what: () => 'the session token of these keys has expired',
  help: () => 'Renew it (AWS_SESSION_TOKEN), or use an AWS profile or role, whose tokens are renewed by themselves.',
};

const full: Cause = {
  names: ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage'],
  what: () => 'the bucket is full',
  help: () => 'Free some space or raise the quota.',
};

/** What may be over in a moment, without a change of Tandem's settings. */
const passing: readonly Cause[] = [unwell, unreachable, expired, full];

const causes: readonly Cause[] = [
  denied,
  ...passing,
  {
    names: ['NoSuchBucket'],
    what: ({ bucket }) => `there is no bucket ${bucket}`,
    help: ({ bucket, endpoint }) =>
      'Make it (aws s3 mb ' +
      `s3://${bucket}${endpoint === undefined ? '' : ` --endpoint-url ${endpoint}`}) or correct the ` +
      'name.',
  },
  {
    names: ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'AuthFailure'],
    what: () => 'the server does not accept these keys',
    help: () => 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or the AWS profile.',
  },
  {
    names: ['CredentialsProviderError', 'ProviderError', 'NoAuthHandlerFound'],
    what: () => 'no keys were found',
    help: () => 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an AWS profile.',
  },
  {
    names: [
      'PermanentRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
      'InvalidRegionName',
    ],
    what: ({ bucket, region }) => `bucket ${bucket} is in another region than ${region ?? 'the one set'}`,
    help: () => 'Name its region: ?region=REGION in the URL, or AWS_REGION.',
  },
  {
    names: ['RegionMissing'],
    what: () => 'no region is set',
    help: () => 'Name the region of the bucket: ?region=REGION in the URL, or AWS_REGION.',
  },
  {
    names: ['RequestTimeTooSkewed'],
    what: () => 'the clocks of this machine and of the server differ',
    help: () => 'Set the clock of this machine (NTP).',
  },
  {
    names: ['EntityTooLarge'],
    what: () => 'the blob is larger than the server takes',
    help: () => 'Raise the limit of the server, or make the shards or the model smaller.',
  },
  {
    names: ['NotImplemented'],
    what: () => 'the server cannot do this',
    help: () =>
      'Tandem needs conditional writes (If-None-Match): AWS S3, MinIO, Ceph and most others have them ' +
      'in their current versions.',
  },
];

function facts(thrown: unknown): { name: string; status: number; message: string } {
  if (!(thrown instanceof Error)) return { name: '', status: 0, message: String(thrown) };
  const { code, $metadata } = thrown as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
  if (thrown.message === 'Region is missing') return { name: 'RegionMissing', status: 0, message: '' };
  // An AggregateError of node:net (every address refused) has a code and no message; the SDK's own names say no more
  // than `Error`.
  const name =
    typeof code === 'string' && thrown.name.endsWith('Error') && !thrown.name.startsWith('Credentials')
      ? code
      : thrown.name;
  return { name, status: $metadata?.httpStatusCode ?? 0, message: thrown.message === name ? '' : thrown.message };
}
