import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { z } from 'zod'
import { App } from './App.tsx'
import { createHttp } from './api/http.ts'
import { createRoomsApi } from './api/rooms.ts'
import { createDevice } from './device/device.ts'
import { createDeviceStorage } from './device/device-storage.ts'
import { KNOWN_USER_STORAGE_KEY } from './device/known-user.ts'
import { AppContext } from './session/AppContext.tsx'
import { createSession } from './session/create-session.ts'
import { createTabLock } from './session/tab-lock.ts'
import { createAppUpdate, NO_APP_UPDATE } from './update/app-update.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/skeleton.css'

// Zod would try `new Function` to be faster, which our content security policy refuses and reports.
z.config({ jitless: true })

const storage = createDeviceStorage(() => window.localStorage)
const session = createSession({
  send: createHttp({ origin: location.origin }),
  storage,
  // Absent outside secure contexts, whatever the types say.
  lock: createTabLock('locks' in navigator ? navigator.locks : undefined),
})
const rooms = createRoomsApi(session.send)
const device = createDevice({
  session,
  storage,
  serverUrl: location.origin,
  load: () => import('./device/person-device.ts'),
})
// The container is absent outside secure contexts, whatever the types say.
const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
const update =
  import.meta.env.PROD && workers ? createAppUpdate(workers, new URL(import.meta.url).pathname) : NO_APP_UPDATE

void session.start()
// Another tab signed in or out: this one must not go on as somebody else. A null key: all was cleared.
window.addEventListener('storage', ({ key }) => {
  if (key === KNOWN_USER_STORAGE_KEY || key === null) void session.start()
})

/**
 * Always asks, whatever the browser says of the network: a server may be on this machine. Nothing is tried again at
 * once: everything is asked for again in a while, when the network is back, and when the person presses "Try again".
 */
const queries = new QueryClient({
  defaultOptions: { queries: { networkMode: 'always', refetchOnReconnect: true, retry: false } },
})

// It takes every page for online until the browser says otherwise, and one that is loaded offline would not hear that
// the network is back.
onlineManager.setOnline(navigator.onLine)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has lost its root')
createRoot(root).render(
  <StrictMode>
    <AppContext value={{ session, rooms, storage, device, update }}>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </AppContext>
  </StrictMode>,
)
