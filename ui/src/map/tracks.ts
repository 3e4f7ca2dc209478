/**
 * The tracks' own canvas: WebGL2, one vertex pair a track, moved on to now in the vertex shader.
 *
 * Points are symbols out of the atlas, lines are leaders, a second buffer holds trails. Nothing is uploaded between two
 * updates of the picture, and the basemap is never repainted for a moving track.
 */
import { EXTRAPOLATION_S_MAX, TRAIL_POINTS_MAX, type Picture } from "../data/picture";
import { Flag, Status } from "../data/wire";
import { mercatorPerMetre, type View } from "./mercator";
import { Atlas, Sprite } from "./symbols";

const FLOATS = 8; // x, y, vx, vy, valid_s, sprite, alpha, end
const TRAIL_FLOATS = 3; // x, y, alpha
export const TRAIL_SEGMENTS_MAX = 20_000;
const TRAIL_EVERY_MS = 1_000;
const FADE_EVERY_MS = 500;
const EPOCH_S_MAX = 3_600; // seconds in float32 stay good to a millisecond
const REFERENCE_SPAN_MAX = 0.06; // mercator units from the reference, 0.15 m in float32

const TRACK_VERTEX = `#version 300 es
precision highp float;
in vec2 a_place; in vec2 a_velocity; in vec4 a_more;
uniform vec2 u_centre, u_half; uniform float u_scale, u_now, u_leader, u_size, u_override, u_alpha;
out float v_alpha; flat out float v_sprite;
void main() {
  float step_s = clamp(u_now - a_more.x, 0.0, ${EXTRAPOLATION_S_MAX}.0) + a_more.w * u_leader;
  vec2 px = (a_place + a_velocity * step_s - u_centre) * u_scale;
  gl_Position = vec4(px.x / u_half.x, -px.y / u_half.y, 0.0, 1.0);
  gl_PointSize = u_size;
  v_sprite = u_override < 0.0 ? a_more.y : u_override;
  v_alpha = a_more.z * u_alpha;
}`;
const SPRITE_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D u_atlas; uniform float u_columns;
in float v_alpha; flat in float v_sprite; out vec4 colour;
void main() {
  vec2 cell = vec2(mod(v_sprite, u_columns), floor(v_sprite / u_columns));
  colour = texture(u_atlas, (cell + gl_PointCoord) / u_columns) * v_alpha;
}`;
const LINE_FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 u_colour; in float v_alpha; flat in float v_sprite; out vec4 colour;
void main() { colour = vec4(u_colour, 1.0) * v_alpha; }`;
const TRAIL_VERTEX = `#version 300 es
precision highp float;
in vec3 a_trail; uniform vec2 u_centre, u_half; uniform float u_scale, u_alpha; out float v_alpha; flat out float v_sprite;
void main() {
  vec2 px = (a_trail.xy - u_centre) * u_scale;
  gl_Position = vec4(px.x / u_half.x, -px.y / u_half.y, 0.0, 1.0);
  v_sprite = 0.0; v_alpha = a_trail.z * u_alpha;
}`;

export interface Shown {
  trails: boolean;
  leaders: boolean;
  leaderS: number;
  chosenNo: number;
  dim: number; // 1, or less when the picture is stale
  quiet: ReadonlyMap<number, number>; // by track number: how strongly a track of a group is drawn, 0 .. 1
}

type Program = { program: WebGLProgram; at: Record<string, WebGLUniformLocation | null> };

export class TrackCanvas {
  drawnCount = 0; // frames
  private gl: WebGL2RenderingContext;
  private sprites: Program;
  private lines: Program;
  private trailLines: Program;
  private buffer: WebGLBuffer;
  private trailBuffer: WebGLBuffer;
  private points: WebGLVertexArrayObject;
  private pairs: WebGLVertexArrayObject;
  private trailArray: WebGLVertexArrayObject;
  private data = new Float32Array(0);
  private trailData = new Float32Array(TRAIL_SEGMENTS_MAX * 2 * TRAIL_FLOATS);
  private trailVertices = 0;
  private reference = { x: NaN, y: NaN, ms: NaN };
  private atlas: Atlas;
  private revision = -1;
  private quiet: Shown["quiet"] = new Map();
  private writtenAt = 0;
  private trailsAt = -Infinity;

  /** Raises an error when WebGL2 is missing, or there but black. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    symbolPx: number,
  ) {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    this.sprites = this.link(TRACK_VERTEX, SPRITE_FRAGMENT);
    this.lines = this.link(TRACK_VERTEX, LINE_FRAGMENT);
    this.trailLines = this.link(TRAIL_VERTEX, LINE_FRAGMENT);
    this.buffer = gl.createBuffer()!;
    this.trailBuffer = gl.createBuffer()!;
    this.points = this.trackArray(this.sprites.program, 2);
    this.pairs = this.trackArray(this.lines.program, 1);
    this.trailArray = this.makeTrailArray();
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.atlas = new Atlas(symbolPx, window.devicePixelRatio);
    this.check();
  }

  /** Use another size of symbol from now on, pixels. */
  resizeSymbols(symbolPx: number): void {
    if (symbolPx === this.atlas.sizePx && window.devicePixelRatio === this.atlas.ratio) return;
    this.atlas = new Atlas(symbolPx, window.devicePixelRatio);
    this.revision = -1;
  }

  draw(picture: Picture, view: View, nowMs: number, shown: Shown): void {
    const gl = this.gl;
    this.fit(view);
    this.refer(view, nowMs);
    const at = performance.now();
    const isStale = this.revision !== picture.revision || this.quiet !== shown.quiet;
    this.quiet = shown.quiet;
    if (isStale || at - this.writtenAt > FADE_EVERY_MS) this.write(picture, nowMs, at);
    if (shown.trails && at - this.trailsAt > TRAIL_EVERY_MS) this.writeTrails(picture, at);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (shown.trails && this.trailVertices) this.drawTrails(view, shown);
    if (picture.count) {
      if (shown.leaders) this.drawLeaders(picture, view, nowMs, shown);
      this.drawSymbols(picture, view, nowMs, shown);
    }
    this.drawnCount++;
  }

  private drawTrails(view: View, shown: Shown): void {
    const gl = this.gl;
    gl.useProgram(this.trailLines.program);
    gl.bindVertexArray(this.trailArray);
    this.setView(this.trailLines, view);
    gl.uniform1f(this.trailLines.at.u_alpha, 0.75 * shown.dim);
    gl.uniform3f(this.trailLines.at.u_colour, 0.5, 0.63, 0.76);
    gl.drawArrays(gl.LINES, 0, this.trailVertices);
  }

  private drawLeaders(picture: Picture, view: View, nowMs: number, shown: Shown): void {
    const gl = this.gl;
    gl.useProgram(this.lines.program);
    gl.bindVertexArray(this.pairs);
    this.setView(this.lines, view);
    this.setTime(this.lines, nowMs, shown.leaderS, 0.8 * shown.dim);
    gl.uniform3f(this.lines.at.u_colour, 0.87, 0.91, 0.95);
    gl.drawArrays(gl.LINES, 0, picture.count * 2);
  }

  private drawSymbols(picture: Picture, view: View, nowMs: number, shown: Shown): void {
    const gl = this.gl;
    const at = this.sprites.at;
    gl.useProgram(this.sprites.program);
    gl.bindVertexArray(this.points);
    this.setView(this.sprites, view);
    this.setTime(this.sprites, nowMs, 0, shown.dim);
    gl.uniform1f(at.u_columns, this.atlas.columns);
    gl.uniform1f(at.u_size, this.atlas.cellPx);
    gl.drawArrays(gl.POINTS, 0, picture.count);
    gl.uniform1f(at.u_override, Sprite.ALARM);
    for (let row = 0; row < picture.count; row++)
      if (picture.columns.flags[row] & Flag.EMERGENCY) gl.drawArrays(gl.POINTS, row, 1);
    const chosen = picture.rowOf(shown.chosenNo);
    if (chosen < 0) return;
    gl.uniform1f(at.u_override, Sprite.RING);
    gl.drawArrays(gl.POINTS, chosen, 1);
  }

  private setView(program: Program, view: View): void {
    const gl = this.gl;
    gl.uniform2f(program.at.u_centre, view.x - this.reference.x, view.y - this.reference.y);
    gl.uniform2f(program.at.u_half, view.width / 2, view.height / 2);
    gl.uniform1f(program.at.u_scale, view.scale);
  }

  private setTime(program: Program, nowMs: number, leaderS: number, alpha: number): void {
    const gl = this.gl;
    gl.uniform1f(program.at.u_now, (nowMs - this.reference.ms) / 1000);
    gl.uniform1f(program.at.u_leader, leaderS);
    gl.uniform1f(program.at.u_override, -1);
    gl.uniform1f(program.at.u_alpha, alpha);
  }

  private fit(view: View): void {
    const width = Math.round(view.width * window.devicePixelRatio);
    const height = Math.round(view.height * window.devicePixelRatio);
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.gl.viewport(0, 0, width, height);
  }

  /** Keep the numbers in the buffers small: they are single precision. */
  private refer(view: View, nowMs: number): void {
    const reference = this.reference;
    const near = Math.hypot(view.x - reference.x, view.y - reference.y) < REFERENCE_SPAN_MAX;
    const fresh = Math.abs(nowMs - reference.ms) < EPOCH_S_MAX * 1000;
    if (near && fresh) return;
    this.reference = { x: view.x, y: view.y, ms: nowMs };
    this.revision = -1;
    this.trailsAt = -Infinity;
  }

  private write(picture: Picture, nowMs: number, at: number): void {
    const gl = this.gl;
    const { columns, count } = picture;
    const grown = this.data.length < count * 2 * FLOATS;
    if (grown) this.data = new Float32Array(columns.trackNo.length * 2 * FLOATS);
    for (let row = 0; row < count; row++) this.writeRow(picture, row, nowMs);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    if (grown) gl.bufferData(gl.ARRAY_BUFFER, this.data, gl.DYNAMIC_DRAW);
    else gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.data, 0, count * 2 * FLOATS);
    if (this.atlas.dirty) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.atlas.canvas);
      this.atlas.dirty = false;
    }
    this.revision = picture.revision;
    this.writtenAt = at;
  }

  private writeRow(picture: Picture, row: number, nowMs: number): void {
    const { columns } = picture;
    const { data, reference } = this;
    const status = columns.status[row];
    const at = row * 2 * FLOATS;
    const perMetre = mercatorPerMetre(columns.latitudeDeg[row]);
    data[at] = columns.x[row] - reference.x;
    data[at + 1] = columns.y[row] - reference.y;
    data[at + 2] = columns.vEastMps[row] * perMetre;
    data[at + 3] = -columns.vNorthMps[row] * perMetre;
    data[at + 4] = (columns.validMs[row] - reference.ms) / 1000;
    data[at + 5] = this.atlas.spriteOf(status, columns.objectClass[row], columns.identity[row], columns.origin[row]);
    data[at + 6] = alphaOf(picture, row, nowMs) * (this.quiet.get(columns.trackNo[row]) ?? 1);
    data[at + 7] = 0;
    data.copyWithin(at + FLOATS, at, at + FLOATS);
    data[at + FLOATS + 6] = status === Status.TENTATIVE ? 0 : data[at + 6];
    data[at + FLOATS + 7] = 1;
  }

  private writeTrails(picture: Picture, at: number): void {
    const gl = this.gl;
    const { columns, count } = picture;
    const each = Math.min(TRAIL_POINTS_MAX, Math.floor(TRAIL_SEGMENTS_MAX / Math.max(count, 1)));
    let vertex = 0;
    for (let row = 0; row < count; row++) {
      if (columns.status[row] === Status.TENTATIVE) continue;
      const length = Math.min(columns.trailCount[row], each);
      let x = columns.x[row];
      let y = columns.y[row];
      for (let back = 1; back <= length; back++) {
        const from = row * TRAIL_POINTS_MAX + ((columns.trailHead[row] + TRAIL_POINTS_MAX - back) % TRAIL_POINTS_MAX);
        vertex = this.putTrail(vertex, x, y, 1 - (back - 1) / length);
        x = columns.trailX[from];
        y = columns.trailY[from];
        vertex = this.putTrail(vertex, x, y, 1 - back / length);
      }
    }
    this.trailVertices = vertex;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.trailBuffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.trailData, 0, vertex * TRAIL_FLOATS);
    this.trailsAt = at;
  }

  private putTrail(vertex: number, x: number, y: number, alpha: number): number {
    const at = vertex * TRAIL_FLOATS;
    this.trailData[at] = x - this.reference.x;
    this.trailData[at + 1] = y - this.reference.y;
    this.trailData[at + 2] = alpha;
    return vertex + 1;
  }

  /** Draw one dot and look whether it is there: a half-working WebGL shows black and says nothing. */
  private check(): void {
    const gl = this.gl;
    this.canvas.width = this.canvas.height = 16;
    gl.viewport(0, 0, 16, 16);
    this.data = new Float32Array(2 * FLOATS);
    this.data.set([0, 0, 0, 0, 0, Sprite.DOT, 1, 0]);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.data, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.trailBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.trailData.byteLength, gl.DYNAMIC_DRAW);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.atlas.canvas);
    gl.useProgram(this.sprites.program);
    gl.bindVertexArray(this.points);
    this.reference = { x: 0, y: 0, ms: 0 };
    this.setView(this.sprites, { x: 0, y: 0, scale: 1, width: 16, height: 16 });
    this.setTime(this.sprites, 0, 0, 1);
    gl.uniform1f(this.sprites.at.u_columns, this.atlas.columns);
    gl.uniform1f(this.sprites.at.u_size, this.atlas.cellPx);
    gl.drawArrays(gl.POINTS, 0, 1);
    const pixel = new Uint8Array(4);
    gl.readPixels(8, 8, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    this.data = new Float32Array(0);
    this.reference = { x: NaN, y: NaN, ms: NaN };
    if (pixel[3] < 64) throw new Error("WebGL2 draws nothing");
  }

  private link(vertex: string, fragment: string): Program {
    const gl = this.gl;
    const program = gl.createProgram()!;
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ["a_place", "a_velocity", "a_more"].forEach((name, index) => gl.bindAttribLocation(program, index, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`WebGL2: ${gl.getProgramInfoLog(program)}`);
    const at: Program["at"] = {};
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) as number;
    for (let index = 0; index < count; index++) {
      const name = gl.getActiveUniform(program, index)!.name;
      at[name] = gl.getUniformLocation(program, name);
    }
    return { program, at };
  }

  /** A track has two vertices, its place and the end of its leader; `step` 2 takes the places alone. */
  private trackArray(program: WebGLProgram, step: number): WebGLVertexArrayObject {
    const gl = this.gl;
    const array = gl.createVertexArray()!;
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    for (const [name, size, offset] of [["a_place", 2, 0], ["a_velocity", 2, 2], ["a_more", 4, 4]] as const) {
      const location = gl.getAttribLocation(program, name);
      if (location < 0) continue;
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, step * FLOATS * 4, offset * 4);
    }
    return array;
  }

  private makeTrailArray(): WebGLVertexArrayObject {
    const gl = this.gl;
    const array = gl.createVertexArray()!;
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.trailBuffer);
    const location = gl.getAttribLocation(this.trailLines.program, "a_trail");
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, 3, gl.FLOAT, false, 0, 0);
    return array;
  }
}

const COAST_FADE_S = 30;

/** How strongly a track is drawn: a coasting one fades with its age, but never out of sight. */
export function alphaOf(picture: Picture, row: number, nowMs: number): number {
  const status = picture.columns.status[row];
  if (status === Status.TENTATIVE) return 0.6;
  if (status !== Status.COASTING) return 1;
  return Math.max(0.35, 0.85 - (0.5 * picture.plotAgeS(row, nowMs)) / COAST_FADE_S);
}
