import { statusOf } from './s3-error.js';

export interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
}

/** For `catch`: there is no such object, and that is an answer. */
export function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}
