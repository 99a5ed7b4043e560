import { useQuery } from '@tanstack/react-query'
import type { AuthPolicy } from '@sketchroom/shared/api/auth'
import { useApp } from './AppContext.tsx'

/** The operator seldom decides anew, and does so by a restart. */
const FRESH_MS = 60_000

/** Who may come to this server; undefined until it has answered, and the server says no to who may not. */
export function useAuthPolicy(): AuthPolicy | undefined {
  const { session } = useApp()
  return useQuery({ queryKey: ['auth-policy'], queryFn: () => session.findPolicy(), staleTime: FRESH_MS }).data
}
