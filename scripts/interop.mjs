// Reads models that the newest transformers and open_clip write, and has them read what Tandem writes. Needs a Python;
// makes a venv, which downloads the tools, or takes one with --python PATH. --keep leaves the files.
import '../dist/test/interop/main.js';
