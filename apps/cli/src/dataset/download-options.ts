import type { Part } from './part.js';

/** Options of `tandem dataset download`, as they are parsed. */
export interface DownloadCommandOptions {
  readonly urlColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
  readonly separator?: string;
  readonly escape?: string;
  readonly header: boolean;
  readonly encoding?: string;
  readonly language?: readonly string[];
  readonly part?: Part;
  readonly shardPictures: number;
  readonly shortestSide?: number;
  readonly pixelsMax?: number;
  readonly connections: number;
  readonly perHost: number;
  readonly timeout: number;
  readonly bytesMax: number;
  readonly retries: number;
  readonly keepDuplicates?: boolean;
  readonly duplicateDistance: number;
  readonly ignoreRobots?: boolean;
  readonly disallowedDirectives: readonly string[];
  readonly userAgent: string;
  readonly allowPrivate?: boolean;
  readonly workers?: number;
  readonly url?: string;
  readonly apiKey?: string;
}
