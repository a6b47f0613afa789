import { withoutSecrets } from '#protocol/input/hidden-secrets.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkPrefix } from '../store-key.js';

/**
 * How to reach S3, where it is not said by the URL; without keys the AWS SDK looks for its own (environment, profile,
 * role).
 */
export interface S3Access {
  /** An S3-compatible server; AWS if left out. */
  readonly endpoint?: string;
  /** Certificates that sign the server's, in PEM; those that Node knows if left out. */
  readonly ca?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** `endpoint/bucket` in place of `bucket.endpoint`; true for an endpoint of its own if left out. */
  readonly forcePathStyle?: boolean;
}

/** A bucket, a folder in it and the server it is on. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or without a slash at either end. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly forcePathStyle: boolean;
  /** Opens the same place on another machine, given keys. */
  readonly url: string;
}

/**
 * Read `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1&pathStyle=true`, all but the bucket optional;
 * what the URL does not say comes from `access`. Whoever writes a URL does not decide where this process's keys are
 * sent: an endpoint in it must be that of `access`. Throws CONFIG_INVALID, also where the URL carries keys: URLs are
 * shown and logged.
 */
export function s3Location(url: string, access: S3Access = {}): S3Location {
  const [, bucket = '', path = '', query = ''] = /^s3:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? [];
  const shown = url.replace(/\?.*$/s, '').replace(/\/\/[^/]*@/, '//');
  if (bucket.includes('@')) throw refused(shown, 'expected no keys in the URL, got a user before the bucket', keysHelp);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw refused(
      shown,
      `expected s3://BUCKET/PREFIX with a bucket of 3 to 63 characters a-z 0-9 . -, got ${JSON.stringify(bucket)}`,
    );
  }
  const prefix = path.replace(/^\/+|\/+$/g, '');
  checkPrefix(prefix);
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (!['endpoint', 'region', 'pathStyle'].includes(name)) {
      throw refused(
        shown,
        `expected only endpoint, region and pathStyle after the ?, got ${JSON.stringify(name)}`,
        keysHelp,
      );
    }
  }
  const { endpoint } = access;
  if (endpoint !== undefined) checkEndpoint(shown, endpoint);
  const named = options.get('endpoint');
  if (named !== null) {
    checkEndpoint(shown, named);
    refuseOtherEndpoint(shown, named, endpoint);
  }
  const region = options.get('region') ?? access.region;
  if (region !== undefined && !/^[a-z0-9-]{1,63}$/i.test(region))
    throw refused(shown, `expected a region like us-east-1, got ${JSON.stringify(region)}`);
  const usual = endpoint !== undefined;
  const forcePathStyle = options.has('pathStyle')
    ? options.get('pathStyle') === 'true'
    : (access.forcePathStyle ?? usual);
  const kept = [
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    ...(region === undefined ? [] : [`region=${encodeURIComponent(region)}`]),
    ...(forcePathStyle === usual ? [] : [`pathStyle=${forcePathStyle}`]),
  ].join('&');
  return {
    bucket,
    prefix,
    endpoint,
    region,
    forcePathStyle,
    url: `s3://${bucket}${prefix && `/${prefix}`}${kept && `?${kept}`}`,
  };
}

const keysHelp =
  'Give keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or an AWS profile, never in a URL: ' +
  'URLs are shown and logged.';

function checkEndpoint(shown: string, endpoint: string): void {
  const parsed = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (parsed?.username || parsed?.password) throw refused(shown, 'expected no keys in the endpoint', keysHelp);
  const isPlain =
    parsed && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash && !/[&%+#\s]/.test(endpoint);
  if (!isPlain)
    throw refused(shown, `expected an endpoint like http://host:9000, got ${JSON.stringify(withoutSecrets(endpoint))}`);
}

function refuseOtherEndpoint(shown: string, named: string, configured: string | undefined): void {
  if (configured !== undefined && new URL(named).href === new URL(configured).href) return;
  const got = configured === undefined ? 'AWS, for TANDEM_S3_ENDPOINT is not set' : configured;
  throw refused(
    shown,
    `the URL names the endpoint ${named}, and this process is set to ${got}`,
    'Set TANDEM_S3_ENDPOINT to the server that this process may send its keys to; a URL can only repeat it.',
  );
}

function refused(shown: string, what: string, help = ''): TandemError {
  return new TandemError({ code: ErrorCode.ConfigInvalid, message: `Store ${shown}: ${what}.`, help });
}
