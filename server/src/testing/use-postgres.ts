/** For Vitest, before each test file of a project on PostgreSQL: the servers that it starts store everything there. */
import { inject } from 'vitest'
import { POSTGRES_URL } from './server-data.ts'

process.env[POSTGRES_URL] = inject('postgresUrl')
