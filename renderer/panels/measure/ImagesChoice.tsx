/** On which images something is measured: scenes, the photographs in the box, or a folder. */
import { Segments } from "../fields.tsx";
import { PathInput } from "./PathInput.tsx";

type Images = "scenes" | "samples" | "folder";

export function ImagesChoice(props: {
  /** Above the choice. */
  label: string;
  images: Images;
  folder: string;
  /** What becomes of the images in a folder. */
  folderTitle?: string;
  onImages: (images: Images) => void;
  onFolder: (folder: string) => void;
}) {
  const { label, images, folder, folderTitle, onImages, onFolder } = props;
  return (
    <>
      <Segments
        label={label}
        value={images}
        options={[
          { value: "scenes", label: "Scenes", title: "Held-out scenes of the built-in world" },
          { value: "samples", label: "Samples", title: "The photographs in the box" },
          { value: "folder", label: "Folder", title: "Photographs of yours" },
        ]}
        onChange={onImages}
      />
      {images === "folder" && (
        <PathInput
          label="Folder of images"
          kind="images"
          value={folder}
          {...(folderTitle !== undefined && { title: folderTitle })}
          onChange={onFolder}
        />
      )}
    </>
  );
}
