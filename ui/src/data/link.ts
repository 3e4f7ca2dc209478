/** The live link: one WebSocket, taken up again whenever it is lost; a gap in `seq` asks for a snapshot. */
import { Kind, readFrame, type Frame } from "./wire";

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 8_000;
const SILENT_MS_MAX = 6_000; // the node sends text once a second: longer silence is a dead link

export interface LinkEvents {
  frame(frame: Frame): void;
  text(message: Record<string, any>): void;
  state(open: boolean): void;
}

export class Link {
  gapCount = 0;
  refusedCount = 0; // frames that could not be read
  frameCount = 0;
  private socket: WebSocket | null = null;
  private seq = -1;
  private retryMs = RETRY_MS_MIN;
  private heardMs = 0;
  private watch = 0;
  private decoder = new TextDecoder();

  constructor(
    private url: string,
    private events: LinkEvents,
  ) {}

  start(): void {
    this.open();
    this.watch = window.setInterval(() => {
      if (this.socket?.readyState === WebSocket.OPEN && performance.now() - this.heardMs > SILENT_MS_MAX) this.socket.close();
    }, 1_000);
  }

  stop(): void {
    window.clearInterval(this.watch);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  askSnapshot(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send("snapshot");
  }

  private open(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.seq = -1;
      this.retryMs = RETRY_MS_MIN;
      this.heardMs = performance.now();
      this.events.state(true);
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.events.state(false);
      window.setTimeout(() => this.socket === socket && this.open(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
    };
  }

  private receive(octets: ArrayBuffer | string): void {
    this.heardMs = performance.now();
    const frame = typeof octets === "string" ? "frame_not_binary" : readFrame(octets);
    if (typeof frame === "string") {
      this.refusedCount++;
      return;
    }
    this.frameCount++;
    // A snapshot need not follow the group's count; everything else does, so that a text cannot hide a lost update.
    if (frame.kind !== Kind.SNAPSHOT && this.seq >= 0 && frame.seq > this.seq + 1) {
      this.gapCount++;
      this.askSnapshot();
    }
    if (frame.seq > this.seq || frame.kind === Kind.SNAPSHOT) this.seq = frame.seq;
    if (frame.kind === Kind.TEXT) this.receiveText(frame);
    else this.events.frame(frame);
  }

  private receiveText(frame: Frame): void {
    try {
      const message = JSON.parse(this.decoder.decode(frame.body));
      if (message && typeof message.type === "string") this.events.text({ ...message, frameNowMs: frame.nowMs });
      else this.refusedCount++;
    } catch {
      this.refusedCount++;
    }
  }
}
