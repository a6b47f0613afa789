/** Whether a Redis can carry tasks, read from its answer to INFO. */
export interface RedisFitness {
  /** Set if it is too old, which no setting overrides: the version found. */
  readonly tooOld: string | undefined;
  /** Set if it may lose tasks because it evicts keys when its memory is full: the policy found. */
  readonly evicting: string | undefined;
  /** What it is part of: Sentinels have URLs of their own, and a Cluster is not supported. */
  readonly mode: 'standalone' | 'cluster' | 'sentinel';
}

/** BullMQ's scripts call commands that came with 6.2. */
const oldestVersion = [6, 2] as const;

export function redisFitness(info: string): RedisFitness {
  const version = fieldOf(info, 'redis_version') ?? 'none';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
  const policy = fieldOf(info, 'maxmemory_policy') ?? 'noeviction';
  const mode = fieldOf(info, 'redis_mode');
  return {
    tooOld: isNewEnough ? undefined : `version ${version}`,
    evicting: policy === 'noeviction' ? undefined : `maxmemory-policy ${policy}`,
    mode: mode === 'cluster' || mode === 'sentinel' ? mode : 'standalone',
  };
}

function fieldOf(info: string, name: string): string | undefined {
  const value = info
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();
  return value === '' ? undefined : value?.slice(0, 40);
}
