import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The template where none is given; `{}` stands for the name of the class. Source: CLIP §3.1.4. */
export const defaultTemplate = 'a photo of a {}.';

export function fillTemplate(template: string, name: string): string {
  return template.replaceAll('{}', () => name);
}

/** Throws CONFIG_INVALID unless there is at least one template and each contains `{}`. */
export function checkTemplates(templates: readonly string[]): void {
  const bad = templates.find((template) => !template.includes('{}'));
  if (templates.length > 0 && bad === undefined) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      bad === undefined
        ? 'Expected at least one template, got none.'
        : `Expected a template with {} where the label goes, got "${bad}".`,
    help: `For example: "${defaultTemplate}"`,
  });
}
