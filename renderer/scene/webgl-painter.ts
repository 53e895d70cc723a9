/** Colours a map with three.js: values and colours are small textures, one quad, one shader. */
import {
  DataTexture,
  FloatType,
  GLSL3,
  LinearSRGBColorSpace,
  Mesh,
  NearestFilter,
  OrthographicCamera,
  PlaneGeometry,
  RGBAFormat,
  RedFormat,
  Scene,
  ShaderMaterial,
  UnsignedByteType,
  Vector2,
  WebGLRenderer,
  type PixelFormat,
  type TextureDataType,
} from "three";
import type { Painter } from "./painter.ts";

const vertexShader = `
  out vec2 at;
  void main() {
    at = vec2(uv.x, 1.0 - uv.y);
    gl_Position = vec4(position.xy, 0.0, 1.0);
  }
`;

// Colours are sRGB bytes throughout; alpha is premultiplied, as the compositor wants it.
const fragmentShader = `
  precision highp float;
  uniform sampler2D map;
  uniform sampler2D table;
  uniform vec2 range;
  uniform bool isScalar;
  in vec2 at;
  out vec4 colour;
  void main() {
    vec4 value = texture(map, at);
    if (!isScalar) {
      colour = vec4(value.rgb * value.a, value.a);
      return;
    }
    float t = range.y > range.x ? clamp((value.r - range.x) / (range.y - range.x), 0.0, 1.0) : 0.0;
    vec3 entry = texture(table, vec2((floor(t * 255.0 + 0.5) + 0.5) / 256.0, 0.5)).rgb;
    colour = isnan(value.r) ? vec4(0.0) : vec4(entry, 1.0);
  }
`;

/** @throws when there is no WebGL 2 */
export function webglPainter(onLost: () => void): Painter {
  const renderer = new WebGLRenderer({ antialias: false, depth: false, stencil: false });
  renderer.outputColorSpace = LinearSRGBColorSpace;
  renderer.setClearColor(0, 0);
  const canvas = renderer.domElement;
  canvas.addEventListener("webglcontextlost", onLost);

  const table = dataTexture(new Uint8Array(256 * 4), 256, 1, RGBAFormat, UnsignedByteType);
  let map = dataTexture(new Float32Array(1), 1, 1, RedFormat, FloatType);
  let mapShape = "";
  const uniforms = {
    map: { value: map },
    table: { value: table },
    range: { value: new Vector2(0, 1) },
    isScalar: { value: true },
  };
  const material = new ShaderMaterial({
    glslVersion: GLSL3,
    vertexShader,
    fragmentShader,
    uniforms,
    depthTest: false,
    depthWrite: false,
  });
  const quad = new Mesh(new PlaneGeometry(2, 2), material);
  quad.frustumCulled = false;
  const scene = new Scene();
  scene.add(quad);
  const camera = new OrthographicCamera();

  return {
    path: "webgl",
    canvas,
    setMap(picture) {
      const { rows, cols } = picture;
      const isScalar = picture.kind === "scalar";
      const data = isScalar ? picture.values : picture.rgba;
      const shape = `${picture.kind} ${cols} ${rows}`;
      uniforms.isScalar.value = isScalar;
      if (isScalar) uniforms.range.value.set(...picture.range);
      if (shape === mapShape) {
        map.image.data = data;
        map.needsUpdate = true;
        return;
      }
      mapShape = shape;
      map.dispose();
      map = isScalar
        ? dataTexture(data, cols, rows, RedFormat, FloatType)
        : dataTexture(data, cols, rows, RGBAFormat, UnsignedByteType);
      uniforms.map.value = map;
      renderer.setSize(cols, rows, false);
    },
    setRange(range) {
      uniforms.range.value.set(...range);
    },
    setTable(colours) {
      const data = table.image.data as Uint8Array;
      for (let i = 0; i < 256; i++) data.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
      table.needsUpdate = true;
    },
    draw() {
      renderer.render(scene, camera);
    },
    finish() {
      const gl = renderer.getContext();
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    },
    dispose() {
      canvas.removeEventListener("webglcontextlost", onLost);
      quad.geometry.dispose();
      material.dispose();
      map.dispose();
      table.dispose();
      renderer.dispose();
      renderer.forceContextLoss();
      canvas.remove();
    },
  };
}

function dataTexture(
  data: Float32Array | Uint8Array,
  width: number,
  height: number,
  format: PixelFormat,
  type: TextureDataType,
): DataTexture {
  const texture = new DataTexture(data, width, height, format, type);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}
