/**
 * Blobs larger than this go in parts of this size: many connections are faster than one, and a failure costs one part.
 */
export const partBytes = 16 * 1024 * 1024;
export const partsInFlight = 4;
