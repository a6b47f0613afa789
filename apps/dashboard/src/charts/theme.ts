import { useEffect, useState } from 'preact/hooks';

/** The colours that a canvas needs to know; all else is in the style sheets. */
export interface ChartTheme {
  readonly ink: string;
  readonly grid: string;
  readonly card: string;
  readonly series: readonly string[];
}

const darkQuery = '(prefers-color-scheme: dark)';

/** The chart colours of the reader's theme, new when it changes. */
export function useTheme(): ChartTheme {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    const query = matchMedia(darkQuery);
    const onChange = (): void => setTheme(readTheme());
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return theme;
}

function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour('muted'),
    grid: colour('grid'),
    card: colour('card'),
    series: Array.from({ length: 6 }, (_, index) => colour(`series-${index}`)),
  };
}
