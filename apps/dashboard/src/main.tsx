// The style sheets that others build on come first.
import './layout/theme.css';
import './layout/page.css';
import './layout/parts.css';
import { render } from 'preact';
import { App } from './app.js';

render(<App />, document.getElementById('page')!);
