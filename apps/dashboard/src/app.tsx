import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSession } from './api/session.js';
import { Header } from './layout/header.js';
import { Login } from './layout/login.js';
import { Notice } from './layout/notice.js';
import { rightsOf, Rights } from './layout/rights.js';
import type { Route } from './route.js';
import { RunPage } from './run/run-page.js';
import { RunsPage } from './runs/runs-page.js';
import { WorkersPage } from './runs/workers-page.js';
import { useRoute } from './use-route.js';
import { SubmitPage } from './submit/submit-page.js';

export function App(): JSX.Element {
  const { session, logIn, logOut } = useSession();
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const place = route.page === 'run' ? `run ${route.id}` : route.page;
  useEffect(() => {
    document.title = `${titleOf(route)} · Tandem`;
    // A reader of the screen is told of the new page, as after a link to another document.
    if (document.activeElement !== document.body) main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place]);
  if (session.kind === 'out') return <Login logIn={logIn} />;
  if (session.kind !== 'in')
    return (
      <main class="centred">
        {session.kind === 'silent' ? <Notice error={session.error} /> : <p class="muted">Asks the coordinator …</p>}
      </main>
    );
  return (
    <Rights.Provider value={rightsOf(session.scopes)}>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <Header page={route.page} logOut={logOut} />
      <main id="main" ref={main} tabIndex={-1}>
        {pageOf(route)}
      </main>
    </Rights.Provider>
  );
}

function pageOf(route: Route): JSX.Element {
  switch (route.page) {
    case 'runs':
      return <RunsPage />;
    case 'workers':
      return <WorkersPage />;
    case 'submit':
      return <SubmitPage key={route.from ?? ''} from={route.from} />;
    case 'run':
      return <RunPage key={route.id} {...route} />;
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'runs':
      return 'Runs';
    case 'workers':
      return 'Workers';
    case 'submit':
      return 'Submit a run';
    case 'run':
      return route.id;
  }
}
