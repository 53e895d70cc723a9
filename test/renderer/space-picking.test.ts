/** Points and landscapes under a pointer and in a lasso, against what three.js and plain geometry say. */
import { Matrix4, PerspectiveCamera, Ray, Triangle, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { seededDraws } from "../../renderer/compute/seeded-draws.ts";
import {
  fieldPositions,
  fieldTriangles,
  hitField,
  type HeightField,
} from "../../renderer/scene/height-field.ts";
import {
  isInLasso,
  pickPoint,
  pointsInLasso,
  projectPoints,
  type Point2,
} from "../../renderer/scene/space-picking.ts";

const view = { width: 400, height: 300 };

function camera(): PerspectiveCamera {
  const made = new PerspectiveCamera(40, view.width / view.height, 0.1, 10);
  made.position.set(1.2, 0.8, 2.4);
  made.lookAt(0, 0, 0);
  made.updateMatrixWorld();
  return made;
}

const matrixOf = ({ projectionMatrix, matrixWorldInverse }: PerspectiveCamera) =>
  new Matrix4().multiplyMatrices(projectionMatrix, matrixWorldInverse).elements;

const cloud = (count: number, draw = seededDraws(3)) =>
  Float32Array.from({ length: 3 * count }, () => 2 * draw() - 1);

describe("projection", () => {
  it("puts every point where three.js puts it, and none that is behind the eye", () => {
    const eye = camera();
    const positions = cloud(200);
    positions.set([3, 2, 6], 0);
    const { at, depth } = projectPoints(positions, matrixOf(eye), view);
    expect([at[0], at[1], depth[0]]).toEqual([NaN, NaN, NaN]);
    for (let i = 1; i < 200; i++) {
      const there = new Vector3().fromArray(positions, 3 * i).project(eye);
      // float32 of coordinates up to 400.
      expect(at[2 * i]).toBeCloseTo((there.x / 2 + 0.5) * view.width, 3);
      expect(at[2 * i + 1]).toBeCloseTo((0.5 - there.y / 2) * view.height, 3);
      expect(depth[i]).toBeCloseTo(there.z, 5);
    }
  });

  it("picks the foremost of the points that cover the pointer, else the nearest in reach", () => {
    const at = Float32Array.from([10, 10, 11, 10, 30, 10, NaN, NaN]);
    const depth = Float32Array.from([0.9, 0.2, 0.1, NaN]);
    const projected = { at, depth };
    expect(pickPoint(projected, { x: 10, y: 10 }, 4, 8)).toBe(1);
    expect(pickPoint(projected, { x: 10, y: 10 }, 0.5, 8)).toBe(0);
    expect(pickPoint(projected, { x: 23, y: 10 }, 4, 8)).toBe(2);
    expect(pickPoint(projected, { x: 60, y: 60 }, 4, 8)).toBeUndefined();
  });
});

describe("lasso", () => {
  const draw = seededDraws(11);
  /** A star: it has dents, and every angle once, so that being inside has a second definition. */
  const radii = Array.from({ length: 17 }, () => 40 + 90 * draw());
  const star: Point2[] = radii.map((radius, i) => {
    const angle = (2 * Math.PI * i) / radii.length;
    return { x: 200 + radius * Math.cos(angle), y: 150 + radius * Math.sin(angle) };
  });
  /** Brute force: in one of the triangles between the middle and two neighbouring corners. */
  const isInStar = ({ x, y }: Point2) =>
    star.some((b, i) => {
      const c = star[(i + 1) % star.length]!;
      const corners = [{ x: 200, y: 150 }, b, c].map((one) => new Vector3(one.x, one.y, 0));
      const [p, q, r] = corners as [Vector3, Vector3, Vector3];
      return new Triangle(p, q, r).containsPoint(new Vector3(x, y, 0));
    });

  it("holds exactly the points inside, dents left out", () => {
    const count = 1500;
    const at = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? 300 : 400) * draw());
    at.set([NaN, NaN], 0);
    const expected = Array.from({ length: count }, (_, i) => i).filter(
      (i) => i > 0 && isInStar({ x: at[2 * i]!, y: at[2 * i + 1]! }),
    );
    expect(expected.length).toBeGreaterThan(100);
    expect(pointsInLasso({ at, depth: new Float32Array(count) }, star)).toEqual(expected);
  });

  it("of fewer than three corners holds nothing, and crossing itself leaves the middle out", () => {
    const projected = { at: Float32Array.from([5, 5]), depth: new Float32Array(1) };
    expect(
      pointsInLasso(projected, [
        { x: 0, y: 0 },
        { x: 9, y: 9 },
      ]),
    ).toEqual([]);
    const twice = [0, 1].flatMap(() => [
      { x: 0, y: 0 },
      { x: 9, y: 0 },
      { x: 9, y: 9 },
      { x: 0, y: 9 },
    ]);
    expect(isInLasso({ x: 5, y: 5 }, twice.slice(4))).toBe(true);
    expect(isInLasso({ x: 5, y: 5 }, twice)).toBe(false);
  });
});

describe("a landscape", () => {
  const side = 12;
  const values = Float32Array.from(
    { length: side * side },
    (_, i) => Math.cos((i % side) / 3) * Math.cos(Math.floor(i / side) / 2.5),
  );
  const field: HeightField = { values, side, range: [-1, 1] };

  it.each([1, 2, 3, 5])("is covered whole by its triangles with every %i. row", (stride) => {
    const positions = fieldPositions(field);
    const triangles = fieldTriangles(side, stride);
    const at = (i: number) => {
      const vertex = 3 * triangles[i]!;
      return [positions[vertex]!, positions[vertex + 2]!] as const;
    };
    let area = 0;
    for (let t = 0; t < triangles.length; t += 3) {
      const [[ax, az], [bx, bz], [cx, cz]] = [at(t), at(t + 1), at(t + 2)];
      area += Math.abs((bx - ax) * (cz - az) - (cx - ax) * (bz - az)) / 2;
    }
    expect(area).toBeCloseTo((2 - 2 / side) ** 2, 5);
  });

  it("is hit where its triangles are hit, within the neighbouring cells", () => {
    const positions = fieldPositions(field);
    const triangles = fieldTriangles(side);
    expect(triangles).toHaveLength(6 * (side - 1) ** 2);
    const corner = (i: number) => new Vector3().fromArray(positions, 3 * triangles[i]!);
    const draw = seededDraws(5);
    let hits = 0;
    for (let n = 0; n < 150; n++) {
      const origin = new Vector3(3 * draw() - 1.5, 1.5 + draw(), 3 * draw() - 1.5);
      const target = new Vector3(1.8 * draw() - 0.9, 0, 1.8 * draw() - 0.9);
      const direction = target.sub(origin).normalize();
      const ray = new Ray(origin, direction);
      const met = Array.from({ length: triangles.length / 3 }, (_, t) =>
        ray.intersectTriangle(
          corner(3 * t),
          corner(3 * t + 1),
          corner(3 * t + 2),
          false,
          new Vector3(),
        ),
      ).filter((at) => at !== null);
      const first = met.sort((a, b) => a.distanceTo(origin) - b.distanceTo(origin))[0];
      const cell = hitField(field, origin.toArray(), direction.toArray());
      if (!first) continue;
      hits++;
      // The cell is flat and the triangles are not, so a slope may be met one cell to the side.
      expect(Math.abs(cell!.col - ((first.x + 1) / 2) * side + 0.5)).toBeLessThan(1.6);
      expect(Math.abs(cell!.row - ((first.z + 1) / 2) * side + 0.5)).toBeLessThan(1.6);
    }
    expect(hits).toBeGreaterThan(100);
  });

  it("is not hit by a ray that passes over or away from it", () => {
    expect(hitField(field, [0, 2, 0], [0, 1, 0])).toBeUndefined();
    expect(hitField(field, [-3, 0.6, 0], [1, 0, 0])).toBeUndefined();
    expect(hitField(field, [0.5, 2, -0.5], [0, -1, 0])).toEqual({ row: 3, col: 9 });
  });
});
