"""How well the intent head separates the demo's phrases that it has not seen: accuracy, and what the thresholds let through.

DATA_DIR=$(mktemp -d) python bench/intents.py
"""

import os

import django


def main() -> None:
    """Hold a third of the phrases back, three times, and print the figures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportai.settings.dev")
    django.setup()
    # Imported only now, because models need the apps to be loaded.
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    from knowledge.services.embedding import embed
    from supportai.core.heads import TextHead
    from supportai.demo.configuration import read_yaml

    pairs = [(line.strip(), row["slug"]) for row in read_yaml("intents.yaml") for line in row["examples"].splitlines()]
    texts, labels = zip(*[pair for pair in pairs if pair[0]], strict=True)
    vectors, numbers = embed(texts), np.array(labels)
    right, sure = [], []
    for train, held in StratifiedKFold(3, shuffle=True, random_state=1).split(vectors, numbers):
        head = TextHead("other").fit(
            vectors[train], [texts[i] for i in train], [str(label) for label in numbers[train]]
        )
        for prediction, label in zip(head.predict(vectors[held], [texts[i] for i in held]), numbers[held], strict=True):
            right.append(prediction.label == label)
            sure.append(prediction.probability)
    is_right, chance = np.array(right), np.array(sure)
    print(f"{len(texts)} phrases, {len(set(labels))} intents, accuracy {is_right.mean():.3f}")
    for threshold in (0.6, 0.8, 0.9):
        taken = chance >= threshold
        print(f"at {threshold}: {taken.mean():.3f} taken, of those {is_right[taken].mean():.3f} right")


if __name__ == "__main__":
    main()
