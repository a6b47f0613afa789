import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readC1AsWindows1252 } from '../text/mojibake.js';

/** The encoding of the text in a source: a label of the Encoding Standard, for example windows-1252. */
export type TextEncodingLabel = string;

/** Throws CONFIG_INVALID if no decoder has this label. */
export function checkEncoding(label: TextEncodingLabel): void {
  try {
    new TextDecoder(label);
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Encoding of the text: expected a name such as utf-8, windows-1252, shift_jis or gbk, got ${label}.`,
      help: 'Use a name of the WHATWG Encoding Standard.',
      cause,
    });
  }
}

/**
 * Decodes text: UTF-16 if it says so at its start, else the encoding that is named, UTF-8 if none is. A byte order mark
 * is left out. Throws DATA_INVALID where the bytes are of another encoding; nothing is replaced.
 */
export function decodeText(bytes: Uint8Array, encoding: TextEncodingLabel = 'utf-8'): string {
  return decodeWith(bytes, utf16Of(bytes) ?? encoding);
}

/** Decodes a part of a text, which has no byte order mark of its own. */
export function decodeWith(bytes: Uint8Array, encoding: TextEncodingLabel): string {
  try {
    const decoder = decoderOf(encoding);
    const text = decoder.decode(bytes);
    // Node 20 decodes windows-1252 as latin-1, in which 80 to 9f are control characters.
    return decoder.encoding === 'windows-1252' ? readC1AsWindows1252(text) : text;
  } catch (cause) {
    const isUtf8 = decoderOf(encoding).encoding === 'utf-8';
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: isUtf8
        ? 'The text is not UTF-8: name its encoding, for example --encoding windows-1252.'
        : `The text is not ${encoding}, the encoding that is named (--encoding).`,
      cause,
    });
  }
}

/** The kind of UTF-16 that a byte order mark names; undefined where there is none. */
export function utf16Of(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : undefined;
}

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decoderOf(label: TextEncodingLabel): InstanceType<typeof TextDecoder> {
  const decoder = decoders.get(label) ?? new TextDecoder(label, { fatal: true });
  decoders.set(label, decoder);
  return decoder;
}
