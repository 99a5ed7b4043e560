/**
 * `node scripts/serve.ts`: becomes the server, with the flags and variables that `pnpm start` gives it, where the client is
 * built already: in a container, or in what `pnpm assemble` makes. A file and no list of flags, since one of them depends on
 * the processors there are.
 */
import { becomeServer } from './server-command.ts'

becomeServer()
