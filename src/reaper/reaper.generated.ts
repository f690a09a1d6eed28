// Made from reaper.c by npm run generate; do not edit.

/** The reaper's machine code, base64; it begins with its entry. */
export const REAPER: Record<'x86-64', string> = {
  'x86-64': 'QVcxwEmJ+UG/AQAAAEFWQb73AAAAQVVBvYAAAABBVEG8ygAAAFUx7VNIiUQk8EiNRCTwSMdEJPgALTEBSIlEJOhBixmF23VSTItUJOhFMcAx0kyJ4EyJz0yJ7g8FQYtBBKgBdQZBi2kE69ZBi0EEOeh18kGLQQg52H7qSGPDQboFAABARTHAMdJJY3SBDEyJ/0yJ8A8F/8Pr2VsxwF1BXEFdQV5BX8M=',
};
