import type { JSX } from 'preact';
import type { Route } from '../route.js';
import icon from './icon.svg';

interface HeaderProps {
  readonly page: Route['page'];
  logOut(): Promise<void>;
}

const links = [
  { page: 'runs', address: '#/', title: 'Runs' },
  { page: 'workers', address: '#/workers', title: 'Workers' },
  { page: 'submit', address: '#/submit', title: 'Submit' },
] as const;

export function Header({ page, logOut }: HeaderProps): JSX.Element {
  const shown = page === 'run' ? 'runs' : page;
  return (
    <header class="top">
      <a class="brand" href="#/">
        <img src={icon} alt="" width="22" height="22" />
        Tandem
      </a>
      <nav aria-label="Pages">
        {links.map(({ page: own, address, title }) => (
          <a key={own} href={address} aria-current={own === shown ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <a class="quiet" href="./docs">
        API
      </a>
      <button type="button" class="quiet" onClick={() => void logOut()}>
        Log out
      </button>
    </header>
  );
}
