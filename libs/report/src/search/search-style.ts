/** The style of the search section, for the page's style sheet. */
export const searchStyle = `
.search h2 { margin-bottom: 8px }
.search input {
  width: 100%;
  margin: 16px 0 0;
  padding: 12px 16px;
  font: inherit;
  font-size: 1.25rem;
  color: var(--ink);
  background: var(--card);
  border: 2px solid var(--accent);
  border-radius: 12px;
}
.search :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.examples { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0 0 }
.examples button {
  padding: 6px 14px;
  font: inherit;
  font-size: .875rem;
  color: var(--ink);
  background: var(--bar);
  border: 0;
  border-radius: 999px;
  cursor: pointer;
}
.search #search-cut { margin-top: 12px; font-size: .875rem }
.found {
  list-style: none;
  margin: 20px 0 0;
  padding: 0;
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(28%, 150px), 1fr));
  gap: 12px;
}
.found li {
  display: flex;
  flex-direction: column;
  padding: 10px;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: 12px;
  font-size: .875rem;
  line-height: 1.3;
}
.found .mat { margin-bottom: 8px; align-self: stretch }
.found .mat img { width: 100%; height: 100%; object-fit: contain }
.found .name { overflow-wrap: anywhere; hyphens: auto }
.found .share { margin-top: auto; color: var(--muted); font-variant-numeric: tabular-nums }
`;
