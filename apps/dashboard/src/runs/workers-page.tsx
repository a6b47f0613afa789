import type { JSX } from 'preact';
import { WorkerTable } from './worker-table.js';

export function WorkersPage(): JSX.Element {
  return (
    <>
      <div class="page-head">
        <h1>Workers</h1>
      </div>
      <WorkerTable />
    </>
  );
}
