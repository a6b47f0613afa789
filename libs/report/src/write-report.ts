import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '#protocol/make-folders.js';
import { reportPage } from './page/report-page.js';
import { reportPicture } from './picture/report-picture.js';
import type { Report } from './report.js';

/** Write `report.html` and `report.png` into a directory, which is created if missing. Returns their paths. */
export async function writeReport(
  directory: string,
  report: Report,
): Promise<{ readonly page: string; readonly picture: string }> {
  const page = join(directory, 'report.html');
  const picture = join(directory, 'report.png');
  await makeFolders(directory);
  await writeFile(page, await reportPage(report));
  await writeFile(picture, await reportPicture(report));
  return { page, picture };
}
