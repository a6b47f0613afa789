import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The template where none is given; `{}` stands for the name of the class. Source: CLIP §3.1.4. */
export const defaultTemplate = 'a photo of a {}.';

/** What stands for the name of the class in a template. */
const places = ['{}', '{object}'] as const;

export function fillTemplate(template: string, name: string): string {
  return places.reduce((text, place) => text.split(place).join(name), template);
}

/** Throws CONFIG_INVALID unless there is at least one template and each contains `{}` or `{object}`. */
export function checkTemplates(templates: readonly string[]): void {
  const bad = templates.find((template) => !places.some((place) => template.includes(place)));
  if (templates.length > 0 && bad === undefined) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      bad === undefined
        ? 'Expected at least one template, got none.'
        : `Expected a template with {} or {object} where the label goes, got "${bad}".`,
    help: `For example: "${defaultTemplate}"`,
  });
}
