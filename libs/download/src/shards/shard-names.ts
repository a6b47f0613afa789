/** Pictures of a shard at most, as many as img2dataset's keys have room for. */
export const shardPicturesMax = 10_000;

const shardDigits = 5;

/** `00012`, from which the names of a shard's files and the keys of its pictures begin, as in img2dataset. */
export function shardName(shard: number): string {
  return String(shard).padStart(shardDigits, '0');
}

/** The key of the picture at this place of the list: `000120034`. */
export function pictureKey(shard: number, index: number): string {
  return `${shardName(shard)}${String(index).padStart(4, '0')}`;
}

export const tarName = (shard: number): string => `${shardName(shard)}.tar`;
export const statsName = (shard: number): string => `${shardName(shard)}_stats.json`;
export const spoolName = (shard: number): string => `${shardName(shard)}.spool`;
