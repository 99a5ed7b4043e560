import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { z } from 'zod'
import { serverAddress, storageNamespace } from '@sketchroom/shared/api/server-address'
import { App } from './App.tsx'
import { createHttp } from './api/http.ts'
import { createRoomsApi } from './api/rooms.ts'
import { createDevice } from './device/device.ts'
import { createDeviceStorage } from './device/device-storage.ts'
import { knownUserKey } from './device/known-user.ts'
import { AppContext } from './session/AppContext.tsx'
import { createSession } from './session/create-session.ts'
import { createTabLock } from './session/tab-lock.ts'
import { createAppUpdate, NO_APP_UPDATE } from './update/app-update.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/skeleton.css'

// Zod would try `new Function` to be faster, which our content security policy refuses and reports.
z.config({ jitless: true })

/** This script, which lies in a folder of the server's. */
const script = new URL(import.meta.url)
/** The address of the first page, which ends with a slash: what all pages and files of the app begin with. */
const home = new URL('..', script)
const serverUrl = serverAddress(home)

// Reached past the proxy, or without the slash at the end. The pages, and the worker that keeps them, are below the path.
if (!location.pathname.startsWith(home.pathname)) {
  const rest = `${location.pathname}/` === home.pathname ? '' : location.pathname.slice(1)
  location.replace(home.pathname + rest + location.search + location.hash)
}

const storage = createDeviceStorage(() => window.localStorage, storageNamespace(serverUrl))
const session = createSession({
  send: createHttp({ serverUrl }),
  storage,
  // Absent outside secure contexts, whatever the types say.
  lock: createTabLock('locks' in navigator ? navigator.locks : undefined, storage.namespace),
})
const rooms = createRoomsApi(session.send)
const device = createDevice({
  session,
  storage,
  serverUrl,
  load: () => import('./device/person-device.ts'),
})
// The container is absent outside secure contexts, whatever the types say.
const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
const update = import.meta.env.PROD && workers ? createAppUpdate(workers, script.pathname, serverUrl) : NO_APP_UPDATE

void session.start()
// Another tab signed in or out: this one must not go on as somebody else. A null key: all was cleared.
window.addEventListener('storage', ({ key }) => {
  if (key === knownUserKey(storage) || key === null) void session.start()
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
    <AppContext value={{ serverUrl, session, rooms, storage, device, update }}>
      <QueryClientProvider client={queries}>
        <BrowserRouter basename={home.pathname}>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </AppContext>
  </StrictMode>,
)
