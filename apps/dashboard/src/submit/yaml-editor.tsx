import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CodeEditor } from './code-editor.js';
import type { PlacedProblem } from './document-text.js';

interface YamlEditorProps {
  readonly text: string;
  readonly problems: readonly PlacedProblem[];
  onChange(text: string): void;
}

/** The run document as text, and the list of its problems. */
export function YamlEditor({ text, problems, onChange }: YamlEditorProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<CodeEditor>();
  const latest = useRef({ text, onChange });
  latest.current = { text, onChange };
  /** What the editor has told and what has not come back yet. It may be older than what is in the editor by now. */
  const typed = useRef<string[]>([]);
  useEffect(() => {
    let opened: CodeEditor | undefined;
    let isGone = false;
    // The editor is the largest part of the page, and only this view needs it.
    void import('./code-editor.js').then(({ openCodeEditor }) => {
      if (isGone) return;
      opened = openCodeEditor(place.current!, latest.current.text, (next) => {
        typed.current.push(next);
        latest.current.onChange(next);
      });
      setEditor(opened);
    });
    return () => {
      isGone = true;
      opened?.close();
    };
  }, []);
  useEffect(() => {
    const at = typed.current.lastIndexOf(text);
    typed.current = at < 0 ? [] : typed.current.slice(at + 1);
    if (at < 0) editor?.setText(text);
  }, [editor, text]);
  useEffect(() => editor?.setProblems(problems), [editor, problems]);
  return (
    <>
      <div ref={place} class="editor" />
      {problems.length > 0 && (
        <ul class="problems">
          {problems.map(({ path, message, from, line }, index) => (
            <li key={index}>
              <button type="button" class="small" onClick={() => editor?.goTo(from)}>
                line {line}
              </button>{' '}
              {path !== '' && <code>{path}:</code>} {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
