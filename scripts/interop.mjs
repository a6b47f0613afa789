// Reads models and data that the newest tools of others write, and has the tools read what Tandem writes. Needs a
// Python; makes a venv, which downloads the tools, or takes one with --python PATH. --keep leaves the files.
import '../dist/test/interop/main.js';
