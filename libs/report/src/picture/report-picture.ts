import { percent, besideChance, whole } from '../figures.js';
import { pictureFonts } from '../chart/font.js';
import { lineChart } from '../chart/line-chart.js';
import { element, markup, type Markup } from '../page/markup.js';
import { lightPalette as palette } from '../palette.js';
import { block, panel, placed, text, type Block, type Fonts } from './picture-block.js';
import { galleryBlock } from './picture-gallery.js';
import { fontFamily, renderPicture } from './render-picture.js';
import { finalResult, scoresOf, type Report, type ReportEvaluation } from '../report.js';
import { leadingFacts } from '../run-facts.js';
import { lossChart } from '../chart/training-charts.js';

const pictureWidth = 1200;
const margin = 44;
const innerWidth = pictureWidth - 2 * margin;
const gap = 16;

/** The report as a PNG, 2400 pixels wide: title, headline figures, loss curve and the first gallery. */
export async function reportPicture(report: Report): Promise<Uint8Array> {
  const fonts = pictureFonts();
  const svg = await reportSvg(report, fonts);
  return renderPicture(svg, fonts);
}

/** The picture as SVG: blocks one below the other. */
export async function reportSvg(report: Report, fonts: Fonts): Promise<string> {
  const gallery = report.galleries[0];
  const blocks: Block[] = [
    heading(report, fonts),
    results(report, fonts),
    factStrip(report, fonts),
    ...(gallery && gallery.tiles.length > 0 ? [await galleryBlock(gallery, innerWidth, fonts)] : []),
    licenceLine(report, fonts),
  ];
  let top = margin;
  const stacked = blocks.map(({ content, height }) => {
    const at = placed(margin, top, content);
    top += height + 20;
    return at;
  });
  const size = { width: pictureWidth, height: Math.ceil(top - 20 + margin * 0.8) };
  const svg = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    'font-family': fontFamily,
  };
  return element('svg', svg, element('rect', { ...size, fill: palette.page }), stacked).text;
}

function heading({ title, summary, run }: Report, fonts: Fonts): Block {
  const unfinished =
    run.state === 'completed' ? '' : `${run.state} at step ${whole(run.step)} of ${whole(run.steps)}. `;
  const lines = wrap(unfinished + summary, 17, innerWidth, fonts, 3);
  return block(
    [
      text(fonts.bold.fit(title, 36, innerWidth), { size: 36, bold: true, y: 34 }),
      ...lines.map((line, index) => text(line, { size: 17, y: 68 + 25 * index, fill: palette.muted })),
    ],
    74 + 25 * (lines.length - 1),
  );
}

/** Score cards on the left, the loss curve on the right, both of the same height. */
function results(report: Report, fonts: Fonts): Block {
  const shown = report.evaluations.slice(0, 3);
  const cardWidth = shown.length > 0 ? 400 : 0;
  const cardHeight = 166;
  const height = Math.max(2, shown.length) * (cardHeight + gap) - gap;
  const cards = shown.map((evaluation, index) => {
    const own = shown.length === 1 ? height : cardHeight;
    const content = scoreCard(evaluation, cardWidth, index === 0, fonts);
    return placed(0, index * (cardHeight + gap), panel(cardWidth, own, palette.card, palette.edge), content);
  });
  const left = cardWidth > 0 ? cardWidth + gap : 0;
  const chart = { width: innerWidth - left - 48, height: height - 44, fontSize: 14 };
  const curve = placed(24, 24, lineChart(lossChart(report), chart, palette));
  const chartCard = placed(left, 0, panel(innerWidth - left, height, palette.card, palette.edge), curve);
  return block([...cards, chartCard], height);
}

function scoreCard(evaluation: ReportEvaluation, width: number, first: boolean, fonts: Fonts): Markup {
  const result = finalResult(evaluation);
  const scores = scoresOf(result).map(({ name, share, chance }, index) => {
    const x = 24 + (index * (width - 32)) / 2;
    const fill = first && index === 0 ? palette.accent : palette.ink;
    return markup`${text(percent(share), { size: 42, bold: true, x, y: 90, fill })}
${text(name, { size: 14, bold: true, x, y: 117, fill: palette.muted })}
${text(besideChance(share, chance), { size: 14, x, y: 140, fill: palette.muted })}`;
  });
  const count = `${whole(result.classes)} classes`;
  const room = width - 48 - fonts.regular.width(count, 14) - 12;
  return markup`${text(fonts.bold.fit(evaluation.heading, 16, room), { size: 16, bold: true, x: 24, y: 35 })}
${text(count, { size: 14, x: width - 24, y: 35, anchor: 'end', fill: palette.muted })}${scores}`;
}

function factStrip(report: Report, fonts: Fonts): Block {
  const facts = leadingFacts(report);
  const column = (innerWidth - 48) / facts.length;
  return block(
    [
      panel(innerWidth, 76, palette.card, palette.edge),
      ...facts.map(({ name, value }, index) => {
        const x = 24 + index * column;
        const [shownValue, shownName] = [
          fonts.bold.fit(value, 18, column - 14),
          fonts.regular.fit(name, 14, column - 14),
        ];
        return markup`
${text(shownValue, { size: 18, bold: true, x, y: 34 })}
${text(shownName, { size: 14, x, y: 57, fill: palette.muted })}`;
      }),
    ],
    76,
  );
}

function licenceLine({ licences }: Report, fonts: Fonts): Block {
  const line = licences.map(({ source, licence }) => `${source}: ${licence}`).join(' · ');
  const lines = line === '' ? [] : wrap(line, 13, innerWidth, fonts, 3);
  return block(
    lines.map((one, index) => text(one, { size: 13, y: 12 + 19 * index, fill: palette.muted })),
    Math.max(0, 19 * lines.length - 4),
  );
}

/** At most `most` lines no wider than `width`; the last is cut short with an ellipsis where the text is longer. */
function wrap(sentence: string, size: number, width: number, { regular }: Fonts, most: number): string[] {
  const lines: string[] = [];
  let rest = sentence.split(' ').filter((word) => word !== '');
  while (rest.length > 0) {
    if (lines.length === most - 1) return [...lines, regular.fit(rest.join(' '), size, width)];
    let count = 1;
    while (count < rest.length && regular.width(rest.slice(0, count + 1).join(' '), size) <= width) count += 1;
    lines.push(regular.fit(rest.slice(0, count).join(' '), size, width));
    rest = rest.slice(count);
  }
  return lines;
}
