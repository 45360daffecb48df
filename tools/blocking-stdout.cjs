// `--test-force-exit` ends a test's process at once: what the pipe to the reporter hasn't taken by
// then would be lost, and with it the results of whole files on a busy machine.
process.stdout._handle?.setBlocking?.(true);
