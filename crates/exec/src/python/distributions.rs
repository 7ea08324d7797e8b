//! Distributions that bring a module of another name.

/// Modules and the distributions that bring them, by their normalized names.
const DISTRIBUTIONS: &[(&str, &[&str])] = &[
    ("Bio", &["biopython"]),
    ("Crypto", &["pycryptodome", "pycrypto"]),
    ("IPython", &["ipython"]),
    ("Levenshtein", &["levenshtein", "python-levenshtein"]),
    ("MeCab", &["mecab-python3"]),
    ("MySQLdb", &["mysqlclient"]),
    ("OpenGL", &["pyopengl"]),
    ("PIL", &["pillow", "pillow-simd"]),
    ("ale_py", &["ale-py"]),
    ("attr", &["attrs"]),
    ("bs4", &["beautifulsoup4"]),
    ("catboost", &["catboost"]),
    ("community", &["python-louvain"]),
    (
        "cv2",
        &[
            "opencv-python",
            "opencv-python-headless",
            "opencv-contrib-python",
            "opencv-contrib-python-headless",
        ],
    ),
    ("datasets", &["datasets"]),
    ("dateutil", &["python-dateutil"]),
    ("dgl", &["dgl"]),
    ("docx", &["python-docx"]),
    ("dotenv", &["python-dotenv"]),
    ("en_core_web_sm", &["en-core-web-sm", "spacy"]),
    ("faiss", &["faiss-cpu", "faiss-gpu", "faiss"]),
    ("fitz", &["pymupdf"]),
    ("flash_attn", &["flash-attn"]),
    ("fvcore", &["fvcore"]),
    ("git", &["gitpython"]),
    ("hydra", &["hydra-core"]),
    ("igraph", &["igraph", "python-igraph"]),
    ("ignite", &["pytorch-ignite"]),
    ("imblearn", &["imbalanced-learn"]),
    ("jose", &["python-jose"]),
    ("jwt", &["pyjwt"]),
    ("kornia", &["kornia"]),
    ("lightning", &["lightning"]),
    (
        "lightning_fabric",
        &["lightning-fabric", "lightning", "pytorch-lightning"],
    ),
    ("magic", &["python-magic"]),
    ("matplotlib", &["matplotlib"]),
    ("mpl_toolkits", &["matplotlib"]),
    ("pylab", &["matplotlib"]),
    ("msgpack", &["msgpack"]),
    ("mujoco_py", &["mujoco-py"]),
    ("nltk", &["nltk"]),
    ("ogb", &["ogb"]),
    ("open_clip", &["open-clip-torch"]),
    ("osgeo", &["gdal"]),
    ("osqp", &["osqp"]),
    ("patsy", &["patsy"]),
    ("pkg_resources", &["setuptools"]),
    ("prettytable", &["prettytable"]),
    ("psycopg2", &["psycopg2", "psycopg2-binary"]),
    ("pycocotools", &["pycocotools"]),
    ("pydantic_settings", &["pydantic-settings"]),
    ("pymongo", &["pymongo"]),
    ("bson", &["pymongo"]),
    ("pynvml", &["nvidia-ml-py", "pynvml"]),
    ("pytorch_lightning", &["pytorch-lightning"]),
    ("ruamel", &["ruamel-yaml"]),
    ("sentence_transformers", &["sentence-transformers"]),
    ("serial", &["pyserial"]),
    ("setuptools", &["setuptools"]),
    ("sklearn", &["scikit-learn"]),
    ("sklearnex", &["scikit-learn-intelex"]),
    ("skimage", &["scikit-image"]),
    ("skopt", &["scikit-optimize"]),
    ("sksurv", &["scikit-survival"]),
    ("slugify", &["python-slugify"]),
    ("snappy", &["python-snappy"]),
    ("socks", &["pysocks"]),
    ("spconv", &["spconv"]),
    ("tensorboard", &["tensorboard", "tensorflow"]),
    ("tensorboardX", &["tensorboardx"]),
    (
        "tensorflow",
        &[
            "tensorflow",
            "tensorflow-cpu",
            "tensorflow-gpu",
            "tf-nightly",
            "intel-tensorflow",
        ],
    ),
    (
        "tensorflow_datasets",
        &["tensorflow-datasets", "tfds-nightly"],
    ),
    ("tensorflow_addons", &["tensorflow-addons"]),
    ("keras", &["keras", "tensorflow"]),
    ("tokenizers", &["tokenizers"]),
    ("torch_geometric", &["torch-geometric"]),
    ("torch_scatter", &["torch-scatter"]),
    ("torch_sparse", &["torch-sparse"]),
    ("umap", &["umap-learn"]),
    ("usb", &["pyusb"]),
    ("websocket", &["websocket-client"]),
    ("wx", &["wxpython"]),
    ("xgboost", &["xgboost", "xgboost-cpu"]),
    ("yaml", &["pyyaml"]),
    ("zmq", &["pyzmq"]),
];

/// Namespaces that many distributions share: their imports do not tell which one is meant.
const NAMESPACES: [&str; 9] = [
    "azure",
    "backports",
    "google",
    "jaraco",
    "nvidia",
    "opentelemetry",
    "sphinxcontrib",
    "zope",
    "pip",
];

/// The distributions that bring a module, its own name where no other is known; none of a namespace that many
/// share.
pub(super) fn distributions_of(module: &str) -> Vec<String> {
    if NAMESPACES.contains(&module) {
        return Vec::new();
    }
    match DISTRIBUTIONS.iter().find(|(name, _)| *name == module) {
        Some((_, names)) => names.iter().map(|&name| name.to_owned()).collect(),
        None => vec![normalized(module)],
    }
}

/// Whether a distribution is likely to bring a module by its name alone: `python-foo` and `foo-core` bring `foo`.
pub(super) fn is_likely(distribution: &str, module: &str) -> bool {
    let module = normalized(module);
    let plain = distribution.replace('-', "");
    let bare = module.replace('-', "");
    plain == bare
        || plain.strip_prefix("py") == Some(&bare)
        || plain.strip_suffix("py") == Some(&bare)
        || distribution.split('-').any(|part| part == module)
        || distribution.starts_with(&format!("{module}-"))
        || distribution.ends_with(&format!("-{module}"))
}

/// The normalized name of a distribution (<https://packaging.python.org/specifications/name-normalization/>).
pub(super) fn normalized(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if text.ends_with('-') => {}
            '-' | '_' | '.' => text.push('-'),
            c => text.extend(c.to_lowercase()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_brought_by_distributions() {
        assert_eq!(distributions_of("sklearn"), ["scikit-learn"]);
        assert_eq!(distributions_of("My_Module"), ["my-module"]);
        assert!(distributions_of("google").is_empty());
        assert!(is_likely("python-foo", "foo"));
        assert!(is_likely("pyfoo", "foo"));
        assert!(!is_likely("numpy", "pandas"));
    }
}
