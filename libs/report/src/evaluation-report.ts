import type { Frame } from './chart/plot.js';
import type { Markup } from './page/markup.js';
import type { Palette } from './palette.js';
import type { Fact, Gallery, Licence } from './report.js';

/** What a page about an evaluation or a data set shows, as plain data. */
export interface EvaluationReport {
  readonly title: string;
  /** A sentence or two under the title: what was evaluated, on what, and what came out. */
  readonly summary: string;
  /** The model, the data and the settings. */
  readonly facts: readonly Fact[];
  /** What the figures mean, one sentence each. */
  readonly remarks: readonly string[];
  readonly charts: readonly EvaluationChart[];
  readonly tables: readonly EvaluationTable[];
  readonly galleries: readonly Gallery[];
  readonly found: readonly FoundImages[];
  readonly licences: readonly Licence[];
}

export interface EvaluationChart {
  /** Name of its files: `few-shot` becomes few-shot.svg and few-shot.png. */
  readonly name: string;
  readonly title: string;
  readonly frame: Frame;
  draw(palette: Palette): Markup | Promise<Markup>;
}

export interface EvaluationTable {
  /** Name of its file: `classes` becomes classes.csv. */
  readonly name: string;
  readonly heading: string;
  readonly note?: string;
  readonly columns: readonly string[];
  /** Numbers are written in full to the file, and with three digits in the page. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Images of a search, nearest first, or samples. */
export interface FoundImages {
  readonly heading: string;
  readonly note: string;
  readonly images: readonly FoundImage[];
}

export interface FoundImage {
  readonly key: string;
  /** An image file in a format sharp reads. */
  readonly image: Uint8Array;
  readonly caption: string;
  /** Cosine of the angle between the embeddings; of samples undefined. */
  readonly similarity?: number;
}
